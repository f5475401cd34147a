// Both components answer their own health check. A rollout may still be going on, so each gets a minute.
const targets = [
  ["backend", process.env.BACKEND_URL, "/api/health"],
  ["frontend", process.env.FRONTEND_URL, "/_health"],
];

async function healthy(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  return (await response.text()).trim();
}

for (const [name, base, path] of targets) {
  if (!base) continue;
  for (let attempt = 1; ; attempt += 1) {
    try {
      console.log(`${name} is healthy: ${await healthy(base + path)}`);
      break;
    } catch (error) {
      if (attempt === 30) {
        console.error(`${name} is not healthy at ${base}${path}: ${error.message}`);
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
