import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../src/config.js';

const good = { DATABASE_URL: 'postgresql://u:p@db:5432/daira', REDIS_URL: 'redis://:p@redis:6379', JWT_SECRET: 'dev_secret' };

test('defaults are filled in', () => {
  const config = readConfig(good);
  assert.equal(config.port, 3000);
  assert.equal(config.databasePoolSize, 10);
  assert.deepEqual(config.corsOrigins, []);
});

test('several origins are separated by commas', () => {
  const config = readConfig({ ...good, CORS_ORIGIN: 'https://daira.dev, https://staging.daira.dev' });
  assert.deepEqual(config.corsOrigins, ['https://daira.dev', 'https://staging.daira.dev']);
});

test('every wrong variable is named and no value is repeated', () => {
  const wrong = { ...good, DATABASE_URL: 'mysql://u:hush@db/daira', PORT: '99999' };
  assert.throws(
    () => readConfig(wrong),
    (error: Error) => /DATABASE_URL/.test(error.message) && /PORT/.test(error.message) && !/hush|99999/.test(error.message),
  );
});

test('production refuses a short JWT secret, development takes it', () => {
  assert.throws(() => readConfig({ ...good, NODE_ENV: 'production' }), /JWT_SECRET/);
  assert.equal(readConfig({ ...good, NODE_ENV: 'development' }).jwtSecret, 'dev_secret');
});
