import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { logger } from './logger.js';
import { applyMigrations, readMigrations } from './database/migrations.js';

const FOLDER = join(__dirname, '..', 'prisma', 'migrations');
const RETRY_MS = 1000;

/** Connects, and keeps trying until the deadline: at a first installation the database starts beside this program. */
async function connect(url: string, waitSeconds: number): Promise<Client> {
  const deadline = Date.now() + waitSeconds * 1000;
  let lastReason = '';
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000, application_name: 'daira-migrate' });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() >= deadline) throw new Error(`no database after ${waitSeconds} s: ${reason(error)}`);
      if (reason(error) !== lastReason) logger.info({ reason: reason(error) }, 'waiting for the database');
      lastReason = reason(error);
      await sleep(RETRY_MS);
    }
  }
}

/** The message of an error; a host with several addresses gives one error for each of them and an empty message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ');
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  const waitSeconds = Number(process.env.MIGRATE_WAIT_SECONDS ?? 120);
  if (!url) throw new Error('DATABASE_URL is not set');
  if (!Number.isFinite(waitSeconds)) throw new Error('MIGRATE_WAIT_SECONDS is not a number');
  const migrations = await readMigrations(FOLDER);
  const client = await connect(url, waitSeconds);
  try {
    const applied = await applyMigrations(client, migrations);
    logger.info({ applied, known: migrations.length }, 'database is up to date');
  } finally {
    await client.end();
  }
}

main().catch((error: unknown) => {
  logger.fatal({ err: error }, reason(error));
  process.exitCode = 1;
});
