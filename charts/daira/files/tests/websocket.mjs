// The WebSocket handshake succeeds at the backend, and through the frontend's proxy.
import { randomBytes } from "node:crypto";
import http from "node:http";

function handshake(base) {
  return new Promise((resolve, reject) => {
    const request = http.get(`${base}/socket.io/?EIO=4&transport=websocket`, {
      timeout: 10000,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      },
    });
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    request.on("response", (response) => reject(new Error(`answered ${response.statusCode} instead of 101`)));
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", reject);
  });
}

for (const [name, base] of [["backend", process.env.BACKEND_URL], ["frontend", process.env.FRONTEND_URL]]) {
  if (!base) continue;
  for (let attempt = 1; ; attempt += 1) {
    try {
      console.log(`${name}: ${await handshake(base)} Switching Protocols`);
      break;
    } catch (error) {
      if (attempt === 15) {
        console.error(`${name}: the WebSocket handshake failed: ${error.message}`);
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
