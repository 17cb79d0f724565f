// The npm library asterisk-manager. It gives every event to all and collects no lists: the adapter does.
'use strict';
const Manager = require('asterisk-manager');
const scenario = require('./scenario');

let client;
const listeners = [];
const open = new Map(); // ActionID -> list that is being collected
let last = 0;

function onEvent(event) {
  const list = open.get(event.actionid);
  if (!list) {
    listeners.forEach((fn) => fn(event));
    return;
  }
  list.events.push(event);
  if (event.eventlist !== 'Complete') return;
  open.delete(event.actionid);
  list.resolve({ response: list.response, events: list.events });
}

scenario({
  onEvent: (fn) => listeners.push(fn),
  connect: ({ host, port, username, secret }) => new Promise((resolve, reject) => {
    client = new Manager(undefined, host, username, secret, true);
    client.on('managerevent', onEvent);
    client.connect(port, host, () => client.login((error) => (error ? reject(error) : resolve())));
  }),
  send: (headers) => new Promise((resolve) => {
    const actionid = `am-${++last}`;
    client.action(Object.assign({ actionid }, headers), (error, response) => {
      if (response.eventlist === 'start') open.set(actionid, { response, events: [], resolve });
      else resolve({ response, events: [] });
    });
  }),
  close: () => new Promise((resolve) => {
    client.once('end', resolve);
    client.action({ action: 'Logoff' }, () => {});
  }),
}).catch((error) => { console.error(error); process.exit(1); });
