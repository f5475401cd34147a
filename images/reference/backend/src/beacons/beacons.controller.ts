import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { z } from 'zod';
import { ZodPipe } from '../http/zod.pipe.js';
import { logger } from '../logger.js';
import { frontendErrors, pageLoad } from '../metrics/metrics.js';

const beaconSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('page-load'), durationMs: z.number().min(0).max(600_000) }),
  z.strictObject({ type: z.literal('error'), message: z.string().min(1).max(1000) }),
]);

type Beacon = z.output<typeof beaconSchema>;

/** What browsers tell about themselves. Anyone can send here, so a beacon only adds to metrics that have no labels. */
@Controller('beacons')
export class BeaconsController {
  @Post()
  @HttpCode(HttpStatus.NO_CONTENT)
  receive(@Body(new ZodPipe(beaconSchema)) beacon: Beacon): void {
    if (beacon.type === 'page-load') {
      pageLoad.observe(beacon.durationMs / 1000);
    } else {
      frontendErrors.inc();
      logger.warn({ browserMessage: beacon.message }, 'browser error');
    }
  }
}
