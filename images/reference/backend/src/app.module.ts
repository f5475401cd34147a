import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuthController } from './auth/auth.controller.js';
import { AuthService } from './auth/auth.service.js';
import { BeaconsController } from './beacons/beacons.controller.js';
import { Cache } from './cache/cache.js';
import { CONFIG, type Config } from './config.js';
import { Database } from './database/database.js';
import { HealthController } from './health/health.controller.js';
import { Lifecycle } from './health/lifecycle.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { PostsController } from './posts/posts.controller.js';
import { PostsGateway } from './posts/posts.gateway.js';
import { PostsService } from './posts/posts.service.js';

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        JwtModule.register({
          secret: config.jwtSecret,
          signOptions: { algorithm: 'HS256', expiresIn: '12h', issuer: 'daira' },
          verifyOptions: { algorithms: ['HS256'], issuer: 'daira' },
        }),
      ],
      controllers: [AuthController, BeaconsController, HealthController, MetricsController, PostsController],
      providers: [
        { provide: CONFIG, useValue: config },
        AuthService,
        Cache,
        Database,
        Lifecycle,
        PostsGateway,
        PostsService,
      ],
    };
  }
}
