import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { NestInstrumentation } from '@opentelemetry/instrumentation-nestjs-core';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';

// This module must be the first import of main.ts: an instrumentation only sees what is loaded after it.

const UNTRACED = ['/api/health', '/api/metrics'];
const FLUSH_MS = 3000;

function start(): NodeSDK | undefined {
  const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return undefined;
  process.env.OTEL_SERVICE_NAME ??= 'daira-backend';
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter({ url: endpoint }),
    // Metrics go by Prometheus and logs by standard output, whatever the OTEL_* variables say.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        // Probes and scrapes come every few seconds and would bury the requests that matter.
        ignoreIncomingRequestHook: (request) => UNTRACED.some((path) => request.url?.startsWith(path)),
      }),
      new NestInstrumentation(),
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  return sdk;
}

const sdk = start();

/** Sends the spans still held back. A collector that does not answer delays the exit by 3 s at most. */
export async function stopTracing(): Promise<void> {
  if (!sdk) return;
  const late = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
  await Promise.race([sdk.shutdown().catch(() => undefined), late]);
}
