// A post written through the API can be read back, by its id and in the list. Where the frontend is installed the way
// leads through its proxy, as it does for a browser.
import { randomBytes } from "node:crypto";

const base = process.env.FRONTEND_URL || process.env.BACKEND_URL;
const mark = randomBytes(8).toString("hex");

async function call(method, path, body, token) {
  const response = await fetch(base + path, {
    method,
    signal: AbortSignal.timeout(10000),
    headers: {
      ...(body ? { "content-type": "application/json" } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

// The first steps are tried again: right after an installation the tables may be on their way.
async function patiently(step) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (attempt === 30) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

try {
  await patiently(() => call("GET", "/api/posts"));
  if (process.env.WRITE === "true") {
    const { accessToken } = await patiently(() =>
      call("POST", "/api/auth/register", {
        email: `helm-test-${randomBytes(8).toString("hex")}@example.com`,
        name: "helm test",
        password: randomBytes(24).toString("hex"),
      }),
    );
    const written = await call("POST", "/api/posts", { title: `helm test ${mark}`, body: "Written by helm test." }, accessToken);
    const read = await call("GET", `/api/posts/${written.id}`);
    if (read.title !== `helm test ${mark}`) throw new Error(`the post came back as ${JSON.stringify(read.title)}`);
    const listed = await call("GET", "/api/posts");
    if (!listed.some((post) => post.id === written.id)) throw new Error("the new post is not in the list");
    console.log(`post ${written.id} was written and read back through ${base}`);
  } else {
    console.log(`the posts can be read through ${base}; tests.write is off, so none was written`);
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
