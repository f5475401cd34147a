import { Body, Controller, Get, Param, Post, UseGuards } from '@nestjs/common';
import type { Token } from '../auth/auth.schemas.js';
import { Bearer, BearerGuard } from '../auth/bearer.guard.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { type CreatePost, createPostSchema, postIdSchema, type PostView } from './posts.schemas.js';
import { PostsService } from './posts.service.js';

@Controller('posts')
export class PostsController {
  constructor(private readonly posts: PostsService) {}

  @Get()
  newest(): Promise<PostView[]> {
    return this.posts.newest();
  }

  @Get(':id')
  find(@Param('id', new ZodPipe(postIdSchema)) id: string): Promise<PostView> {
    return this.posts.find(id);
  }

  @Post()
  @UseGuards(BearerGuard)
  create(@Bearer() bearer: Token, @Body(new ZodPipe(createPostSchema)) body: CreatePost): Promise<PostView> {
    return this.posts.create(bearer.sub, body);
  }
}
