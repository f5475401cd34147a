import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of the application, by the names that the alert rules and dashboards use. */
export const registry = new Registry();

collectDefaultMetrics({ register: registry });

export const httpRequests = new Counter({
  name: 'http_requests_total',
  help: 'HTTP requests answered, by route pattern and status code',
  labelNames: ['method', 'route', 'status'] as const,
  registers: [registry],
});

export const httpDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the request head to the end of the answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
});

export const queryDuration = new Histogram({
  name: 'db_query_duration_seconds',
  help: 'Time of one Prisma operation, waiting for a connection included',
  labelNames: ['model', 'operation'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [registry],
});

export const cacheRequests = new Counter({
  name: 'cache_requests_total',
  help: 'Look-ups in the Redis cache; a look-up that failed counts as a miss',
  labelNames: ['result'] as const,
  registers: [registry],
});

export const logins = new Counter({
  name: 'auth_logins_total',
  help: 'Attempts to log in',
  labelNames: ['result'] as const,
  registers: [registry],
});

export const liveClients = new Gauge({
  name: 'websocket_connections',
  help: 'Browsers connected to this process for live updates',
  registers: [registry],
});

export const pageLoad = new Histogram({
  name: 'frontend_page_load_seconds',
  help: 'Page load time as the browser measured it',
  buckets: [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30],
  registers: [registry],
});

export const frontendErrors = new Counter({
  name: 'frontend_errors_total',
  help: 'JavaScript errors that browsers reported',
  registers: [registry],
});

// A series that is absent until its first event makes rate() miss that event.
for (const result of ['hit', 'miss']) cacheRequests.inc({ result }, 0);
for (const result of ['success', 'failure']) logins.inc({ result }, 0);
