// The npm library ami-io.
'use strict';
const AmiIo = require('ami-io');
const scenario = require('./scenario');

let client;
const listeners = [];

function act(headers) {
  const action = new AmiIo.Action.Action(headers.Action);
  for (const name of Object.keys(headers)) {
    if (name !== 'Action') action.set(name, headers[name]);
  }
  return action;
}

scenario({
  onEvent: (fn) => listeners.push(fn),
  connect: ({ host, port, username, secret }) => new Promise((resolve, reject) => {
    client = AmiIo.createClient({ host, port, login: username, password: secret, logger: new AmiIo.SilentLogger() });
    client.on('event', (event) => listeners.forEach((fn) => fn(event)));
    client.once('connected', resolve);
    client.once('incorrectLogin', () => reject(new Error('incorrectLogin')));
    client.once('incorrectServer', reject);
    client.connect(false);
  }),
  // An answer with Response: Error comes as the error.
  send: (headers) => new Promise((resolve, reject) => {
    const action = act(headers);
    if (headers.Action === 'Command') {
      // It takes "Command output follows", which Asterisk says since version 14, for the begin of a list,
      // and never calls back; the answer itself can be had from its parser.
      client.on('needParseResponse', (response) => {
        if (response.actionid === String(action.ActionID)) resolve({ response, events: [] });
      });
    }
    client.send(action, (error, response) => {
      if (error && !error.response) reject(error);
      else resolve({ response: error || response, events: (error || response).events });
    });
  }),
  close: () => new Promise((resolve) => {
    client.once('connectEnd', resolve);
    client.send(act({ Action: 'Logoff' }), () => {});
  }),
}).catch((error) => { console.error(error); process.exit(1); });
