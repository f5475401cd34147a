import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { Gauge } from 'prom-client';
import { CONFIG, type Config } from '../config.js';
import { PrismaClient } from '../generated/prisma/client.js';
import { logger } from '../logger.js';
import { queryDuration, registry } from '../metrics/metrics.js';

const PROBE_MS = 700;

function timed(client: PrismaClient) {
  return client.$extends({
    query: {
      async $allOperations({ model, operation, args, query }) {
        const stop = queryDuration.startTimer({ model: model ?? 'none', operation });
        try {
          return await query(args);
        } finally {
          stop();
        }
      },
    },
  });
}

/** The pool of connections and the Prisma client on top of it. It connects on first use, so the process starts without a database. */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly client: ReturnType<typeof timed>;
  private readonly pool: Pool;
  /** A connection of the probe's own: a busy pool is not a database that is down. */
  private readonly probe: Pool;

  constructor(@Inject(CONFIG) config: Config) {
    this.pool = new Pool({
      connectionString: config.databaseUrl,
      max: config.databasePoolSize,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      application_name: 'daira-backend',
    });
    this.probe = new Pool({
      connectionString: config.databaseUrl,
      max: 1,
      connectionTimeoutMillis: PROBE_MS,
      query_timeout: PROBE_MS,
      application_name: 'daira-backend-probe',
    });
    for (const pool of [this.pool, this.probe]) {
      // Without a listener the loss of an idle connection ends the process.
      pool.on('error', (error) => logger.warn({ err: error }, 'idle database connection lost'));
    }
    this.client = timed(new PrismaClient({ adapter: new PrismaPg(this.pool) }));
    this.exportPool();
  }

  /** Whether the database answers a query within 0.7 s. */
  async isUp(): Promise<boolean> {
    try {
      await this.probe.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
    await Promise.all([this.pool.end(), this.probe.end()]);
  }

  private exportPool(): void {
    const { pool } = this;
    const max = pool.options.max;
    new Gauge({
      name: 'db_pool_connections',
      help: 'Connections of the pool by state; waiting counts the callers in the queue',
      labelNames: ['state'] as const,
      registers: [registry],
      collect() {
        this.set({ state: 'idle' }, pool.idleCount);
        this.set({ state: 'used' }, pool.totalCount - pool.idleCount);
        this.set({ state: 'waiting' }, pool.waitingCount);
        this.set({ state: 'max' }, max);
      },
    });
  }
}
