import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-adapter';
import type { Redis } from 'ioredis';
import type { Server, ServerOptions } from 'socket.io';
import { connectRedis } from '../cache/cache.js';
import type { Config } from '../config.js';

/** Socket.io with its events carried between the replicas by Redis' publish and subscribe. */
export class LiveAdapter extends IoAdapter {
  private readonly publisher: Redis;
  private readonly subscriber: Redis;

  constructor(
    app: INestApplicationContext,
    private readonly config: Config,
  ) {
    super(app);
    // Events wait while Redis is away: the adapter does not handle a rejected command.
    const options = { maxRetriesPerRequest: null };
    this.publisher = connectRedis(config.redisUrl, 'daira-live-publish', options);
    this.subscriber = connectRedis(config.redisUrl, 'daira-live-subscribe', options);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const { corsOrigins } = this.config;
    const server: Server = super.createIOServer(port, {
      ...options,
      serveClient: false,
      maxHttpBufferSize: 16_384,
      cors: corsOrigins.length > 0 ? { origin: corsOrigins } : undefined,
    });
    server.adapter(createAdapter(this.publisher, this.subscriber));
    return server;
  }

  override async dispose(): Promise<void> {
    this.subscriber.disconnect();
    this.publisher.disconnect();
  }
}
