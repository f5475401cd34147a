import { Injectable } from '@nestjs/common';

/** Whether this process is on its way out. Health checks and new requests look here. */
@Injectable()
export class Lifecycle {
  private stopping = false;

  get shuttingDown(): boolean {
    return this.stopping;
  }

  beginShutdown(): void {
    this.stopping = true;
  }
}
