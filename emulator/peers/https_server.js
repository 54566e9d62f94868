// An HTTPS server for NodeServer (node.py). Its first line of standard input is the site as JSON; it prints one JSON
// object a line, and ends when its standard input does, so that it cannot outlive the process that started it.
'use strict';
const https = require('https');

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

function serve(site) {
  const files = new Map(Object.entries(site.files).map(([path, text]) => [path, Buffer.from(text, 'base64')]));
  const server = https.createServer({
    cert: site.certificates,
    key: site.key,
    ca: site.clientCa ?? undefined,
    requestCert: site.clientCa !== null,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: site.suite,
    secureOptions: require('constants').SSL_OP_NO_TICKET,
  });
  server.on('secureConnection', () => say({ event: 'secureConnection' }));
  server.on('tlsClientError', (error, socket) => {
    const verification = socket.authorizationError ?? null;
    say({ event: 'tlsClientError', code: error.code, message: error.message, verification });
  });
  server.on('request', (request, response) => {
    say({ event: 'request', method: request.method, path: request.url });
    if (site.silent) return;
    const content = request.method === 'GET' ? files.get(request.url) : undefined;
    const length = content?.length ?? 0;
    response.writeHead(content ? 200 : 404, {
      'Content-Type': 'text/plain',
      'Content-Length': length,
      Connection: 'close',
    });
    response.end(content);
  });
  server.listen(0, site.host, () => {
    say({ event: 'listening', port: server.address().port, node: process.version, openssl: process.versions.openssl });
  });
}

let input = '';
let started = false;
process.stdin.setEncoding('utf8');
process.stdin.on('end', () => process.exit(0));
process.stdin.on('data', (text) => {
  if (started) return;
  input += text;
  const end = input.indexOf('\n');
  if (end < 0) return;
  started = true;
  serve(JSON.parse(input.slice(0, end)));
});
