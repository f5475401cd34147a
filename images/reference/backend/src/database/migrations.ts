import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logger } from '../logger.js';

/** Prisma's own lock number, so that `prisma migrate deploy` and this program never run at the same time. */
const ADVISORY_LOCK = 72_707_369;

const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                  VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"            VARCHAR(64) NOT NULL,
    "finished_at"         TIMESTAMPTZ,
    "migration_name"      VARCHAR(255) NOT NULL,
    "logs"                TEXT,
    "rolled_back_at"      TIMESTAMPTZ,
    "started_at"          TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

/** One folder of prisma/migrations. */
export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the SQL file's bytes in hexadecimal, as Prisma records it. */
  checksum: string;
}

interface Recorded {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
}

/** The part of pg's client that is needed here. */
export interface Connection {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Reads `<folder>/<name>/migration.sql` of every migration, in the order of their names, which begin with the date. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(folder, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

/**
 * Applies what the database does not have yet and gives the names of it. Each migration and its record are one transaction, so
 * that one that fails leaves nothing behind. Records are those of `prisma migrate deploy`, which can take over at any time.
 */
export async function applyMigrations(connection: Connection, migrations: Migration[]): Promise<string[]> {
  await connection.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
  try {
    await connection.query(CREATE_TABLE);
    const done = await recorded(connection);
    const pending = migrations.filter((migration) => !isApplied(migration, done));
    for (const migration of pending) await apply(connection, migration);
    return pending.map(({ name }) => name);
  } finally {
    await connection.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]);
  }
}

async function recorded(connection: Connection): Promise<Map<string, Recorded>> {
  const { rows } = await connection.query(
    'SELECT migration_name, checksum, finished_at, rolled_back_at FROM "_prisma_migrations" ORDER BY started_at',
  );
  const current = (rows as Recorded[]).filter((row) => row.rolled_back_at === null);
  const failed = current.find((row) => row.finished_at === null);
  if (failed) {
    throw new Error(
      `migration ${failed.migration_name} was begun and not finished; mend the database, then mark it with "prisma migrate resolve"`,
    );
  }
  return new Map(current.map((row) => [row.migration_name, row]));
}

function isApplied(migration: Migration, done: Map<string, Recorded>): boolean {
  const record = done.get(migration.name);
  if (record && record.checksum !== migration.checksum) {
    logger.warn({ migration: migration.name }, 'the migration was edited after it had been applied');
  }
  return record !== undefined;
}

async function apply(connection: Connection, { name, sql, checksum }: Migration): Promise<void> {
  logger.info({ migration: name }, 'applying');
  await connection.query('BEGIN');
  try {
    const id = randomUUID();
    await connection.query(
      'INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())',
      [id, checksum, name],
    );
    await connection.query(sql);
    await connection.query(
      'UPDATE "_prisma_migrations" SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1',
      [id],
    );
    await connection.query('COMMIT');
  } catch (error) {
    await connection.query('ROLLBACK');
    throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
