import { defineConfig } from 'prisma/config';

// Only the Prisma command line reads this file; the running application gets its address from DATABASE_URL.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
