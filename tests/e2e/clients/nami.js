// The npm library nami.
'use strict';
const { Nami, Actions } = require('nami');
const scenario = require('./scenario');

let client;
const listeners = [];

// Any of its actions will do as a blank one.
function act(headers) {
  const action = new Actions.Ping();
  for (const name of Object.keys(headers)) action.set(name, headers[name]);
  return action;
}

scenario({
  onEvent: (fn) => listeners.push(fn),
  connect: ({ host, port, username, secret }) => new Promise((resolve, reject) => {
    client = new Nami({ host, port, username, secret });
    client.logLevel = 0;
    client.on('namiEvent', (event) => listeners.forEach((fn) => fn(event)));
    client.on('namiConnected', resolve);
    client.on('namiLoginIncorrect', () => reject(new Error('namiLoginIncorrect')));
    client.on('namiInvalidPeer', reject);
    client.open();
  }),
  send: (headers) => new Promise((resolve) => {
    const action = act(headers);
    if (headers.Action === 'Command') { // as ami-io: "follows" makes it wait for a list
      client.on('namiRawResponse', (response) => {
        if (response.actionid === String(action.ActionID)) resolve({ response, events: [] });
      });
    }
    client.send(action, (response) => resolve({ response, events: response.events }));
  }),
  close: () => new Promise((resolve) => {
    client.once('namiConnectionEnd', resolve);
    client.send(act({ Action: 'Logoff' }), () => {});
  }),
}).catch((error) => { console.error(error); process.exit(1); });
