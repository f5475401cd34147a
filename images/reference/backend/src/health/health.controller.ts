import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Cache } from '../cache/cache.js';
import { Database } from '../database/database.js';
import { Lifecycle } from './lifecycle.js';

interface Report {
  status: 'ok' | 'unavailable' | 'shutting down';
  dependencies: { database: 'up' | 'down'; redis: 'up' | 'down' };
}

/** Both answers come within a second, the default patience of a kubelet. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly cache: Cache,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Says whether this process serves. It stays 200 without a database: a restart would not bring that back. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async serving(@Res({ passthrough: true }) response: Response): Promise<Report> {
    const dependencies = await this.dependencies();
    if (!this.lifecycle.shuttingDown) return { status: 'ok', dependencies };
    response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'shutting down', dependencies };
  }

  /** Says whether requests that need the database can succeed. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Report> {
    const report = await this.serving(response);
    if (report.status !== 'ok' || report.dependencies.database === 'up') return report;
    response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { ...report, status: 'unavailable' };
  }

  private async dependencies(): Promise<Report['dependencies']> {
    const [database, redis] = await Promise.all([this.database.isUp(), this.cache.isUp()]);
    return { database: database ? 'up' : 'down', redis: redis ? 'up' : 'down' };
  }
}
