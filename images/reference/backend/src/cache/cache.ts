import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { CONFIG, type Config } from '../config.js';
import { logger } from '../logger.js';
import { cacheRequests } from '../metrics/metrics.js';

const COMMAND_MS = 500;

/** Opens a connection to Redis that logs the change between reachable and not, instead of every attempt. */
export function connectRedis(url: string, name: string, options: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: 2000,
    retryStrategy: (attempt) => Math.min(attempt * 200, 2000),
    ...options,
  });
  let reachable: boolean | undefined;
  redis.on('ready', () => {
    reachable = true;
    logger.info({ connection: name }, 'redis reachable');
  });
  redis.on('error', (error: Error) => {
    if (reachable !== false) logger.warn({ connection: name, reason: error.message }, 'redis not reachable');
    reachable = false;
  });
  return redis;
}

/**
 * A cache in Redis that may fail: without Redis each look-up is a miss and requests go on.
 *
 * Entries belong to a group whose version number is part of their key. A write raises the number, so a reader that read the
 * old rows before the write and stores them after it stores them under a key that nobody reads any more.
 */
@Injectable()
export class Cache implements OnApplicationShutdown {
  private readonly redis: Redis;

  constructor(@Inject(CONFIG) config: Config) {
    // No queue while disconnected and a short limit: a slow cache must not be slower than the database.
    this.redis = connectRedis(config.redisUrl, 'daira-cache', {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_MS,
    });
  }

  /** The value of `name` in `group`, or what `load` gives, which is then kept for `ttlSeconds`. Values must survive JSON. */
  async remember<T>(group: string, name: string, ttlSeconds: number, load: () => Promise<T>): Promise<T> {
    const key = await this.key(group, name);
    const cached = key === undefined ? null : await this.attempt(() => this.redis.get(key));
    if (typeof cached === 'string') {
      cacheRequests.inc({ result: 'hit' });
      return JSON.parse(cached) as T;
    }
    cacheRequests.inc({ result: 'miss' });
    const value = await load();
    if (key !== undefined) await this.attempt(() => this.redis.set(key, JSON.stringify(value), 'EX', ttlSeconds));
    return value;
  }

  /** Makes every entry of the group unreachable. */
  async invalidate(group: string): Promise<void> {
    await this.attempt(() => this.redis.incr(`daira:${group}:version`));
  }

  async isUp(): Promise<boolean> {
    return (await this.attempt(() => this.redis.ping())) === 'PONG';
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  private async key(group: string, name: string): Promise<string | undefined> {
    const version = await this.attempt(() => this.redis.get(`daira:${group}:version`));
    return version === undefined ? undefined : `daira:${group}:${version ?? 0}:${name}`;
  }

  private async attempt<T>(command: () => Promise<T>): Promise<T | undefined> {
    try {
      return await command();
    } catch (error) {
      logger.debug({ err: error }, 'cache command failed');
      return undefined;
    }
  }
}
