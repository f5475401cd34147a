import './style.css';
import { ApiError, api } from './api';
import { startBeacons } from './beacons';
import { element, field, onSubmit } from './dom';
import { followPosts } from './live';
import { addPost, loadPosts } from './posts';
import { session } from './session';

startBeacons();

const live = element('live', HTMLParagraphElement);
const account = element('account', HTMLParagraphElement);
const accountName = element('account-name', HTMLSpanElement);
const write = element('write', HTMLElement);
const enter = element('enter', HTMLElement);
const sessionForm = element('session-form', HTMLFormElement);
const postForm = element('post-form', HTMLFormElement);
const nameField = element('name-field', HTMLLabelElement);

function showSession(): void {
  const current = session.get();
  account.hidden = write.hidden = !current;
  enter.hidden = Boolean(current);
  accountName.textContent = current?.user.name ?? '';
}

/** The form is for logging in or for registering: the name, the button and the browser's password help differ. */
function showMode(): void {
  const registering = field(new FormData(sessionForm), 'mode') === 'register';
  const name = nameField.querySelector('input');
  const password = sessionForm.querySelector<HTMLInputElement>('input[name=password]');
  const button = sessionForm.querySelector('button');
  if (!name || !password || !button) return;
  nameField.hidden = name.disabled = !registering;
  password.minLength = registering ? 8 : 1;
  password.autocomplete = registering ? 'new-password' : 'current-password';
  button.textContent = registering ? 'Make the account' : 'Log in';
}

function showLive(connected: boolean): void {
  live.textContent = connected ? 'live' : 'not live, reconnecting …';
  live.classList.toggle('on', connected);
}

sessionForm.addEventListener('change', showMode);

onSubmit(sessionForm, async (data) => {
  const credentials = { email: field(data, 'email'), password: field(data, 'password') };
  const registering = field(data, 'mode') === 'register';
  session.set(await (registering ? api.register({ ...credentials, name: field(data, 'name') }) : api.login(credentials)));
  sessionForm.reset();
  showMode();
  showSession();
  postForm.querySelector('input')?.focus();
});

onSubmit(postForm, async (data) => {
  const current = session.get();
  if (!current) return showSession();
  try {
    addPost(await api.publish(current.accessToken, { title: field(data, 'title'), body: field(data, 'body') }));
    postForm.reset();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    // The token is too old. What was written stays in the form.
    session.clear();
    showSession();
  }
});

element('log-out', HTMLButtonElement).addEventListener('click', () => {
  session.clear();
  showSession();
});

showSession();
showMode();
void loadPosts();

let connectedBefore = false;
followPosts({
  connected: () => {
    showLive(true);
    if (connectedBefore) void loadPosts();
    connectedBefore = true;
  },
  disconnected: () => showLive(false),
  created: addPost,
});
