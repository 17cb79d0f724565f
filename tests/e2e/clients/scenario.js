// What every client from npm does with the engine, through an adapter of three functions:
//
//   adapter.connect({host, port, username, secret})  resolves when logged in
//   adapter.send(headers)     resolves to {response: {name: value}, events: [{...}]}, names in lower case
//   adapter.onEvent(fn)       fn gets each event that belongs to no list, names in lower case
//   adapter.close()           resolves when the engine has closed the connection after Logoff
//
// The engine's side (tests/e2e/test_clients_node.sh): the trunk "far" answers by the name that is called
// ("answer-1", "busy-1", "ring-1"), context "crm" has "hold" (waits), "moved" (tells UserEvent Moved, waits)
// and "over" (hangs up).
'use strict';
const assert = require('assert');

// The first event that fits, also one that came before; each is given out once.
class Events {
  constructor(adapter) {
    this.seen = [];
    this.waiting = [];
    adapter.onEvent((event) => {
      const at = this.waiting.findIndex((w) => w.fits(event));
      if (at < 0) this.seen.push(event);
      else this.waiting.splice(at, 1)[0].resolve(event);
    });
  }

  next(what, fits) {
    const at = this.seen.findIndex(fits);
    if (at >= 0) return Promise.resolve(this.seen.splice(at, 1)[0]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${what} within 20 s`)), 20000);
      this.waiting.push({ fits, resolve: (event) => { clearTimeout(timer); resolve(event); } });
    });
  }

  named(name, uniqueid) {
    const id = (e) => e.uniqueid || e.destuniqueid;
    return this.next(`${name} of ${uniqueid}`, (e) => e.event === name && id(e) === uniqueid);
  }
}

async function ok(adapter, headers, message) {
  const { response, events } = await adapter.send(headers);
  assert.strictEqual(response.response, 'Success', `${headers.Action}: ${response.message}`);
  if (message) assert.strictEqual(response.message, message);
  return { response, events };
}

async function refused(adapter, headers, message) {
  const { response } = await adapter.send(headers);
  assert.strictEqual(response.response, 'Error', headers.Action);
  assert.strictEqual(response.message, message);
}

function call(id, far, more) {
  return Object.assign({ Action: 'Originate', Channel: `PJSIP/${far}@far`, ChannelId: id, Context: 'crm',
    Exten: 'hold', Priority: 1, Timeout: 20000, CallerID: 'Ann <100>' }, more);
}

// An outcome may come as an event or, with libraries that collect what has the ActionID, in `events`.
async function outcome(adapter, events, headers) {
  const { events: own } = await ok(adapter, Object.assign({ Async: 'true' }, headers), 'Originate successfully queued');
  const found = (own || []).find((e) => e.event === 'OriginateResponse');
  return found || events.named('OriginateResponse', headers.ChannelId);
}

async function session(adapter, events) {
  const ping = await ok(adapter, { Action: 'Ping' });
  assert.strictEqual(ping.response.ping, 'Pong');
  const mask = await ok(adapter, { Action: 'Events', EventMask: 'on' });
  // Two of them keep the events of a list under the very name of this header.
  if (!Array.isArray(mask.response.events)) assert.strictEqual(mask.response.events, 'On');
  await refused(adapter, { Action: 'NoSuchAction' },
    'Invalid/unknown command: NoSuchAction. Use Action: ListCommands to show available commands.');
}

async function answered(adapter, events) {
  const id = 'crm-answered';
  const reply = await outcome(adapter, events, call(id, 'answer-1', { Variable: 'LEAD=4711' }));
  assert.strictEqual(reply.response, 'Success');
  assert.strictEqual(reply.reason, '4');
  assert.strictEqual(reply.uniqueid, id);
  const born = await events.named('Newchannel', id);
  assert.match(born.channel, /^PJSIP\/far-[0-9a-f]{8}$/);
  await events.named('DialBegin', id);
  assert.strictEqual((await events.named('DialEnd', id)).dialstatus, 'ANSWER');
  await events.next('Wait', (e) => e.event === 'Newexten' && e.uniqueid === id && e.application === 'Wait');
  return born.channel;
}

async function lists(adapter, channel) {
  const status = await ok(adapter, { Action: 'Status', Channel: channel }, 'Channel status will follow');
  assert.strictEqual(status.events.filter((e) => e.event === 'Status' && e.channel === channel).length, 1);
  assert.strictEqual(status.events[status.events.length - 1].event, 'StatusComplete');
  const shown = await ok(adapter, { Action: 'CoreShowChannels' }, 'Channels will follow');
  assert(shown.events.some((e) => e.event === 'CoreShowChannel' && e.channel === channel));
  const end = shown.events[shown.events.length - 1];
  assert.strictEqual(end.event, 'CoreShowChannelsComplete');
  assert.strictEqual(Number(end.listitems), shown.events.length - 1);
}

async function variables(adapter, channel) {
  // Libraries differ in what they make of "Variable: LEAD" CRLF "Value: 4711".
  const value = ({ response }) => response.value || (response.variables || {}).LEAD;
  assert.strictEqual(value(await ok(adapter, { Action: 'Getvar', Channel: channel, Variable: 'LEAD' })), '4711');
  await ok(adapter, { Action: 'Setvar', Channel: channel, Variable: 'LEAD', Value: '4712' }, 'Variable Set');
  assert.strictEqual(value(await ok(adapter, { Action: 'Getvar', Channel: channel, Variable: 'LEAD' })), '4712');
}

async function moved(adapter, events, channel) {
  await ok(adapter, { Action: 'Redirect', Channel: channel, Context: 'crm', Exten: 'moved', Priority: 1 },
    'Redirect successful');
  const event = await events.next('UserEvent Moved', (e) => e.event === 'UserEvent' && e.userevent === 'Moved');
  assert.strictEqual(event.channel, channel);
}

async function hungUp(adapter, events, channel) {
  const shown = await ok(adapter, { Action: 'Command', Command: 'core show channels concise' });
  assert(JSON.stringify(shown.response).includes(`${channel}!crm!moved!`), 'Command shows the channel');
  await ok(adapter, { Action: 'Hangup', Channel: channel, Cause: 16 }, 'Channel Hungup');
  const end = await events.named('Hangup', 'crm-answered');
  assert.strictEqual(end.cause, '16');
  assert.strictEqual(end['cause-txt'] || end.cause_txt, 'Normal Clearing');
  await refused(adapter, { Action: 'Hangup', Channel: channel }, 'No such channel');
}

async function failures(adapter, events) {
  await ok(adapter, call('crm-sync', 'answer-2', { Exten: 'over' }), 'Originate successfully queued');
  await events.named('Hangup', 'crm-sync');
  await refused(adapter, call('crm-sync-busy', 'busy-1'), 'Originate failed');
  const busy = await outcome(adapter, events, call('crm-busy', 'busy-2'));
  assert.strictEqual(busy.response, 'Failure');
  assert.strictEqual((await events.named('Hangup', 'crm-busy')).cause, '17');
  const ringing = call('crm-unanswered', 'ring-1');
  ringing.Timeout = 2000; // enough for its first response
  const unanswered = await outcome(adapter, events, ringing);
  assert.strictEqual(unanswered.response, 'Failure');
  assert.strictEqual(unanswered.reason, '3');
}

module.exports = async function scenario(adapter) {
  const [host, port] = process.argv.slice(2);
  const events = new Events(adapter);
  await adapter.connect({ host, port: Number(port), username: 'hello', secret: 'world' });
  await session(adapter, events);
  const channel = await answered(adapter, events);
  await lists(adapter, channel);
  await variables(adapter, channel);
  await moved(adapter, events, channel);
  await hungUp(adapter, events, channel);
  await failures(adapter, events);
  await adapter.close();
  console.log('passed');
  process.exit(0);
};

process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});
