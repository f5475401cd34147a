import { api, type Post } from './api';
import { element } from './dom';

const MAX_SHOWN = 50;
const list = element('post-list', HTMLOListElement);
const note = element('posts-note', HTMLParagraphElement);
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

let posts: Post[] = [];

// Everything people wrote goes in as text, never as HTML.
function article(post: Post): HTMLLIElement {
  const title = document.createElement('h3');
  title.textContent = post.title;
  const body = document.createElement('p');
  body.textContent = post.body;
  const when = document.createElement('time');
  when.dateTime = post.createdAt;
  when.textContent = time.format(new Date(post.createdAt));
  const byline = document.createElement('footer');
  byline.append(`${post.author.name}, `, when);
  const item = document.createElement('li');
  item.dataset.id = post.id;
  item.append(title, body, byline);
  return item;
}

/** Reads the list anew. What came live while it was on its way is kept. */
export async function loadPosts(): Promise<void> {
  try {
    const loaded = await api.posts();
    const known = new Set(loaded.map((post) => post.id));
    const newest = loaded[0]?.createdAt ?? '';
    const live = posts.filter((post) => !known.has(post.id) && post.createdAt > newest);
    posts = [...live, ...loaded];
    list.replaceChildren(...posts.map(article));
    note.textContent = posts.length > 0 ? '' : 'Nothing here yet. Write the first post!';
  } catch (error) {
    note.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** Puts a new post on top. Its author learns of it twice, from the answer and live. */
export function addPost(post: Post): void {
  if (posts.some(({ id }) => id === post.id)) return;
  posts = [post, ...posts].slice(0, MAX_SHOWN);
  const item = article(post);
  item.classList.add('new');
  list.prepend(item);
  while (list.children.length > MAX_SHOWN) list.lastElementChild?.remove();
  note.textContent = `New: ${post.title}`;
}
