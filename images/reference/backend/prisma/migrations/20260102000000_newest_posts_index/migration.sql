-- The front page reads the newest posts of all authors, which idx_post_author_created cannot serve.
CREATE INDEX "idx_post_created" ON "posts"("created_at" DESC);
