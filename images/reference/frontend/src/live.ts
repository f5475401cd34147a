import { io } from 'socket.io-client';
import type { Post } from './api';

interface Handlers {
  /** The connection stands, for the first time or again: posts may have been missed. */
  connected(): void;
  disconnected(): void;
  created(post: Post): void;
}

/** Connects for live updates and stays connected. */
export function followPosts(handlers: Handlers): void {
  // Without long polling every request of a connection is one WebSocket, so any replica can serve it.
  const socket = io({ transports: ['websocket'] });
  socket.on('connect', handlers.connected);
  socket.on('disconnect', handlers.disconnected);
  socket.on('post.created', handlers.created);
}
