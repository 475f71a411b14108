// node --require test/support/no-network.cjs: whatever opens a connection, asks for a name or starts a program throws.
const refuse = (owner, name, what) => {
  owner[name] = () => {
    throw new Error(`no network here: ${what}`);
  };
};
const net = require('node:net');
refuse(net.Socket.prototype, 'connect', 'net connect'); // http, https, http2, tls and fetch come by here
refuse(net.Server.prototype, 'listen', 'net listen');
const dgram = require('node:dgram');
for (const name of ['bind', 'connect', 'send']) refuse(dgram.Socket.prototype, name, `dgram ${name}`);
const dns = require('node:dns');
for (const owner of [dns, dns.promises])
  for (const name of Object.keys(owner)) if (/^(lookup|resolve|reverse)/.test(name)) refuse(owner, name, `dns ${name}`);
const childProcess = require('node:child_process');
for (const name of Object.keys(childProcess))
  if (/^(spawn|exec|fork)/.test(name)) refuse(childProcess, name, `child_process ${name}`);
refuse(childProcess.ChildProcess.prototype, 'spawn', 'child_process spawn');
