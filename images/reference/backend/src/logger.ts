import type { LoggerService } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';

const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);
const wanted = process.env.LOG_LEVEL ?? 'info';

/** What is told of an error: drivers hang their whole client on it, connection keys included. */
export function describeError(error: Error & { code?: unknown }): Record<string, unknown> {
  return { type: error.name, message: error.message, code: error.code, stack: error.stack };
}

/** Writes one JSON object a line to standard output; inside a request it carries the trace's id. */
export const logger = pino({
  level: LEVELS.has(wanted) ? wanted : 'info',
  base: { service: process.env.OTEL_SERVICE_NAME ?? 'daira-backend' },
  timestamp: pino.stdTimeFunctions.isoTime,
  serializers: { err: describeError },
  formatters: { level: (label) => ({ level: label }) },
  mixin: () => {
    const span = trace.getActiveSpan()?.spanContext();
    return span ? { traceId: span.traceId, spanId: span.spanId } : {};
  },
});

/** Nest's own messages, in the same form as the application's. */
export class NestLogger implements LoggerService {
  log(message: unknown, context?: string): void {
    // Nest tells every route and module it sets up: of use when debugging, noise otherwise.
    logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    logger.warn({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (message instanceof Error) logger.error({ context, err: message }, message.message);
    else logger.error({ context, stack: rest.length > 1 ? rest[0] : undefined }, String(message));
  }
}
