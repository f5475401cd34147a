import { z } from 'zod';

export const createPostSchema = z.strictObject({
  title: z.string().trim().min(1).max(200),
  body: z.string().trim().min(1).max(10_000),
});

export const postIdSchema = z.uuid();

export type CreatePost = z.output<typeof createPostSchema>;

/** A post as the API and the live updates show it. */
export interface PostView {
  id: string;
  title: string;
  body: string;
  author: { id: string; name: string };
  createdAt: string;
}
