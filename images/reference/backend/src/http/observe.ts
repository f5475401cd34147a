import type { NextFunction, Request, Response } from 'express';
import { logger } from '../logger.js';
import { httpDuration, httpRequests } from '../metrics/metrics.js';

const QUIET = new Set(['/api/health', '/api/health/ready', '/api/metrics']);

/**
 * Counts, times and logs each request. The label is the route's pattern, never the path as sent, so that the number of
 * series is bounded; the log has no query string and no body, where tokens and passwords could be.
 */
export function observe(request: Request, response: Response, next: NextFunction): void {
  const start = process.hrtime.bigint();
  // 'close' comes after every answer, also when the client went away before its end.
  response.once('close', () => {
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const pattern: unknown = request.route?.path;
    const route = typeof pattern === 'string' && !pattern.includes('*') ? pattern : 'unmatched';
    // 499 is nginx's code for a client that closed the connection before it had its answer.
    const status = response.writableFinished ? response.statusCode : 499;
    const labels = { method: request.method, route, status: String(status) };
    httpRequests.inc(labels);
    httpDuration.observe(labels, seconds);
    const level = status >= 500 ? 'error' : QUIET.has(route) ? 'trace' : 'info';
    logger[level]({ ...labels, status, path: request.path, ms: Math.round(seconds * 1000) }, 'request');
  });
  next();
}
