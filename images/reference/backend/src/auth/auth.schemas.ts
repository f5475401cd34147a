import { z } from 'zod';

const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

export const registerSchema = z.strictObject({
  email,
  name: z.string().trim().min(1).max(80),
  // The upper limit keeps a request from buying a lot of hashing.
  password: z.string().min(8).max(128),
});

export const loginSchema = z.strictObject({
  email,
  password: z.string().min(1).max(128),
});

export type Register = z.output<typeof registerSchema>;
export type Login = z.output<typeof loginSchema>;

/** What a token says about its bearer. */
export const tokenSchema = z.object({ sub: z.uuid(), name: z.string() });

export type Token = z.output<typeof tokenSchema>;
