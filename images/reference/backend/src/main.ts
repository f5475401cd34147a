import { stopTracing } from './tracing.js';
import type { Server } from 'node:http';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json, type NextFunction, type Request, type Response } from 'express';
import { AppModule } from './app.module.js';
import { type Config, readConfig } from './config.js';
import { Lifecycle } from './health/lifecycle.js';
import { ClientErrorFilter } from './http/client-error.filter.js';
import { observe } from './http/observe.js';
import { logger, NestLogger } from './logger.js';
import { LiveAdapter } from './posts/live.adapter.js';

// Longer than the 55 s for which nginx keeps a connection to us, so that nginx never writes into one we just closed.
const KEEP_ALIVE_MS = 65_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
    logger: new NestLogger(),
    bodyParser: false,
    abortOnError: false,
  });
  const lifecycle = app.get(Lifecycle);
  app.disable('x-powered-by');
  app.set('trust proxy', 'loopback, linklocal, uniquelocal');
  app.use(observe);
  app.use((_request: Request, response: Response, next: NextFunction) => {
    if (lifecycle.shuttingDown) response.setHeader('Connection', 'close');
    next();
  });
  app.use('/api/beacons', json({ limit: '2kb' }));
  app.use(json({ limit: '64kb' }));
  app.setGlobalPrefix('api');
  if (config.corsOrigins.length > 0) app.enableCors({ origin: config.corsOrigins });
  app.useGlobalFilters(new ClientErrorFilter(app.get(HttpAdapterHost).httpAdapter));
  app.useWebSocketAdapter(new LiveAdapter(app, config));

  const server: Server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 5_000;
  await app.listen(config.port, '0.0.0.0');
  logger.info({ port: config.port }, 'listening');

  const stop = (signal: NodeJS.Signals): void => void shutDown(signal, app, server, lifecycle, config);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function shutDown(
  signal: NodeJS.Signals,
  app: NestExpressApplication,
  server: Server,
  lifecycle: Lifecycle,
  config: Config,
): Promise<void> {
  logger.info({ signal }, 'shutting down');
  lifecycle.beginShutdown();
  setTimeout(() => {
    logger.error('requests did not finish in time, leaving anyway');
    process.exit(1);
  }, config.shutdownTimeoutMs).unref();
  // A client that keeps its connection open would hold the server back after its last answer.
  setInterval(() => server.closeIdleConnections(), 100).unref();
  try {
    // Stops listening, ends live connections, waits for open requests, then lets go of the database and Redis.
    await app.close();
    await stopTracing();
    logger.info('stopped');
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'shutting down failed');
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  logger.fatal({ err: error }, error instanceof Error ? error.message : 'start failed');
  process.exit(1);
});
