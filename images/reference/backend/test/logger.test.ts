import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeError } from '../src/logger.js';

test('what a driver hangs on an error is not told', () => {
  const error = Object.assign(new Error('terminated'), { code: '57P01', client: { secretKey: 4711, password: 'hidden' } });
  const told = describeError(error);
  assert.deepEqual(Object.keys(told).sort(), ['code', 'message', 'stack', 'type']);
  assert.equal(told.code, '57P01');
  assert.ok(!JSON.stringify(told).includes('hidden'));
});
