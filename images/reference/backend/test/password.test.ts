import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from '../src/auth/password.js';

test('the right password is accepted and another one is not', async () => {
  const stored = await hashPassword('correct horse');
  assert.equal(await verifyPassword('correct horse', stored), true);
  assert.equal(await verifyPassword('correct horsf', stored), false);
});

test('the same password is stored differently each time', async () => {
  assert.notEqual(await hashPassword('correct horse'), await hashPassword('correct horse'));
});

test('a hash in an unknown form is an error and not a wrong password', async () => {
  await assert.rejects(verifyPassword('correct horse', 'md5$abc'), /unknown form/);
});
