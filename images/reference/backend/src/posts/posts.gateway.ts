import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Server } from 'socket.io';
import { liveClients } from '../metrics/metrics.js';
import type { PostView } from './posts.schemas.js';

/** Tells every connected browser, of this and the other replicas, about new posts. Posts are public, so nobody has to log in. */
@WebSocketGateway()
export class PostsGateway implements OnGatewayConnection, OnGatewayDisconnect {
  @WebSocketServer()
  private readonly server!: Server;

  handleConnection(): void {
    liveClients.inc();
  }

  handleDisconnect(): void {
    liveClients.dec();
  }

  announce(post: PostView): void {
    this.server.emit('post.created', post);
  }
}
