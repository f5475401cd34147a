import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyMigrations, type Connection, type Migration, readMigrations } from '../src/database/migrations.js';

// The tests run from .test-build/test.
const FOLDER = join(__dirname, '..', '..', 'prisma', 'migrations');

const first: Migration = { name: '1_first', sql: 'CREATE TABLE one ()', checksum: 'aa' };
const second: Migration = { name: '2_second', sql: 'CREATE TABLE two ()', checksum: 'bb' };

/** A database that already has `rows` in _prisma_migrations, and keeps what it was told. */
function fake(rows: object[], failing?: string): { connection: Connection; statements: string[] } {
  const statements: string[] = [];
  const connection: Connection = {
    async query(text) {
      statements.push(text.trim());
      if (text === failing) throw new Error('syntax error');
      return { rows: text.startsWith('SELECT migration_name') ? rows : [] };
    },
  };
  return { connection, statements };
}

function row(migration: Migration, finished = true): object {
  return {
    migration_name: migration.name,
    checksum: migration.checksum,
    finished_at: finished ? new Date() : null,
    rolled_back_at: null,
  };
}

test('only what is missing is applied, in a transaction, under the lock', async () => {
  const { connection, statements } = fake([row(first)]);
  assert.deepEqual(await applyMigrations(connection, [first, second]), ['2_second']);
  assert.equal(statements.includes(first.sql), false);
  const order = ['SELECT pg_advisory_lock($1)', 'BEGIN', second.sql, 'COMMIT', 'SELECT pg_advisory_unlock($1)'];
  assert.deepEqual(statements.filter((statement) => order.includes(statement)), order);
});

test('a migration that fails is rolled back, and the lock is let go', async () => {
  const { connection, statements } = fake([], first.sql);
  await assert.rejects(applyMigrations(connection, [first, second]), /1_first failed: syntax error/);
  assert.equal(statements.includes('ROLLBACK'), true);
  assert.equal(statements.includes(second.sql), false);
  assert.match(statements.at(-1) ?? '', /pg_advisory_unlock/);
});

test('a migration that Prisma left unfinished stops everything', async () => {
  const { connection, statements } = fake([row(first, false)]);
  await assert.rejects(applyMigrations(connection, [first, second]), /1_first was begun and not finished/);
  assert.equal(statements.includes('BEGIN'), false);
});

test('the project has the two indexes that the queries rely on', async () => {
  const sql = (await readMigrations(FOLDER)).map((migration) => migration.sql).join('\n');
  assert.match(sql, /INDEX "idx_user_email" ON "users"\("email"\)/);
  assert.match(sql, /INDEX "idx_post_author_created" ON "posts"\("author_id", "created_at" DESC\)/);
});
