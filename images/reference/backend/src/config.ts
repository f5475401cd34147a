import { z } from 'zod';

/** An HMAC key shorter than its hash is the weakest part of an HS256 token (RFC 7518, section 3.2). */
const PRODUCTION_SECRET_LENGTH = 32;

const schema = z
  .object({
    NODE_ENV: z.enum(['development', 'test', 'staging', 'production']).default('development'),
    PORT: z.coerce.number().int().min(1).max(65535).default(3000),
    DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgresql://'),
    REDIS_URL: z.string().regex(/^rediss?:\/\//, 'must start with redis:// or rediss://'),
    JWT_SECRET: z.string().min(1, 'must not be empty'),
    CORS_ORIGIN: z.string().default(''),
    DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(10),
    SHUTDOWN_TIMEOUT_SECONDS: z.coerce.number().positive().max(600).default(25),
  })
  .refine((env) => env.NODE_ENV !== 'production' || env.JWT_SECRET.length >= PRODUCTION_SECRET_LENGTH, {
    path: ['JWT_SECRET'],
    message: `must have at least ${PRODUCTION_SECRET_LENGTH} characters in production`,
  })
  .transform((env) => ({
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    redisUrl: env.REDIS_URL,
    jwtSecret: env.JWT_SECRET,
    corsOrigins: env.CORS_ORIGIN.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_SECONDS * 1000,
  }));

export type Config = z.output<typeof schema>;

/** The injection token of {@link Config}. */
export const CONFIG = Symbol('config');

/**
 * Reads the settings from environment variables.
 * Throws an Error that names every wrong variable and never repeats a value, since most of them are secrets.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`the environment is not usable: ${problems.join('; ')}`);
}
