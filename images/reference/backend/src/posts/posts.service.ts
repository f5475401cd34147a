import { Injectable, NotFoundException } from '@nestjs/common';
import { Cache } from '../cache/cache.js';
import { Database } from '../database/database.js';
import { PostsGateway } from './posts.gateway.js';
import type { CreatePost, PostView } from './posts.schemas.js';

const PAGE = 50;
const TTL_SECONDS = 30;
const GROUP = 'posts';

const view = {
  id: true,
  title: true,
  body: true,
  createdAt: true,
  author: { select: { id: true, name: true } },
} as const;

@Injectable()
export class PostsService {
  constructor(
    private readonly database: Database,
    private readonly cache: Cache,
    private readonly gateway: PostsGateway,
  ) {}

  /** The newest posts, newest first. */
  newest(): Promise<PostView[]> {
    return this.cache.remember(GROUP, 'newest', TTL_SECONDS, async () => {
      // The id settles the order of posts of the same millisecond, so that every replica shows the same list.
      const posts = await this.database.client.post.findMany({
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: PAGE,
        select: view,
      });
      return posts.map(present);
    });
  }

  async find(id: string): Promise<PostView> {
    const post = await this.database.client.post.findUnique({ where: { id }, select: view });
    if (!post) throw new NotFoundException(['there is no such post']);
    return present(post);
  }

  async create(authorId: string, post: CreatePost): Promise<PostView> {
    const created = present(await this.database.client.post.create({ data: { ...post, authorId }, select: view }));
    await this.cache.invalidate(GROUP);
    this.gateway.announce(created);
    return created;
  }
}

function present(post: Omit<PostView, 'createdAt'> & { createdAt: Date }): PostView {
  return { ...post, createdAt: post.createdAt.toISOString() };
}
