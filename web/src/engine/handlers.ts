import type { Person, ServerMessage } from '../wire/protocol.gen';
import type { Call } from './call';
import { contiguous } from './chat';

type Of<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;
export type Handlers = { [T in ServerMessage['type']]?: (message: Of<T>) => void };

/** handlersOf is the table of what each message of the server does to the call. */
export function handlersOf(call: Call): Handlers {
  return { ...presence(call), ...media(call), ...thread(call), ...life(call) };
}

function presence(call: Call): Handlers {
  const { store } = call;
  const put = (person: Person) => {
    const { people } = call.state;
    const known = people.some((other) => other.seat === person.seat);
    store.patch({
      people: known ? people.map((other) => (other.seat === person.seat ? person : other)) : [...people, person],
    });
    call.layout();
  };
  return {
    joined: (message) => {
      store.patch({
        phase: 'joined',
        self: message.seat,
        session: message.session,
        skew: Date.parse(message.session.serverTime) - Date.now(),
        people: message.people,
        waiting: message.waiting ?? [],
        slots: message.slots ?? [],
        recording: message.recording,
        limits: message.limits,
        incoming: [],
        doctorPresent: true,
      });
      call.settled();
      call.addMessages(message.messages ?? []);
      if (contiguous(call.state.thread.messages) < message.lastSeq) call.fetchHistory();
      call.layout();
      void call.takeAnswer(message.answer, message.peerKept ?? false);
      call.flush();
      if (message.peerKept) call.uploads.resume('unanswered');
    },
    waitingRoom: (message) => {
      const first = call.state.phase !== 'waiting' || !call.state.link.up;
      store.patch({
        phase: 'waiting',
        self: message.seat,
        session: message.session,
        skew: Date.parse(message.session.serverTime) - Date.now(),
        doctorPresent: message.doctorPresent,
        recording: message.recording,
        limits: message.limits,
      });
      call.addMessages(message.messages ?? []);
      if (contiguous(call.state.thread.messages) < message.lastSeq) call.fetchHistory();
      if (!first) return;
      call.settled();
      call.flush();
    },
    personJoined: ({ person }) => put(person),
    personChanged: ({ person }) => put(person),
    personLeft: ({ seat }) => {
      store.patch({ people: call.state.people.filter((person) => person.seat !== seat) });
      call.layout();
    },
    waitingChanged: ({ waiting }) => store.patch({ waiting }),
    quality: ({ people }) => store.patch({ quality: Object.fromEntries(people.map((one) => [one.seat, one])) }),
    speaking: ({ seats }) => store.patch({ speaking: seats ?? [] }),
  };
}

function media(call: Call): Handlers {
  return {
    slots: ({ slots }) => {
      call.store.patch({ slots });
      call.layout();
    },
    moreSlots: ({ audio, video }) => call.moreSlots(audio, video),
    answer: () => call.layout(), // the peer takes it by its request; lines may be new
  };
}

function thread(call: Call): Handlers {
  return {
    chat: ({ message }) => {
      call.addMessages([message]);
      if (contiguous(call.state.thread.messages) < message.seq) call.fetchHistory();
    },
    history: ({ messages, lastSeq }) => {
      call.addMessages(messages ?? []);
      if ((messages ?? []).length > 0 && contiguous(call.state.thread.messages) < lastSeq) call.fetchHistory();
    },
    fileAccepted: (message) => call.uploads.accepted(message),
    fileFailed: (message) => call.uploads.failed(message),
    fileProgress: (progress) => {
      if (progress.seat === call.state.self) return;
      const others = call.state.incoming.filter((one) => one.file !== progress.file);
      call.store.patch({ incoming: progress.done ? others : [...others, progress] });
    },
  };
}

function life(call: Call): Handlers {
  const { store } = call;
  return {
    recording: ({ policy, active, consent, textVersion, failed }) =>
      store.patch({ recording: { policy, active, consent, textVersion, failed } }),
    sessionChanged: ({ session }) => store.patch({ session }),
    ended: ({ status, reason }) => call.finish({ status, reason }),
    error: ({ code, ref, fatal }) => {
      if (!fatal) return; // those that answer a request are told to whoever asked
      if (code === 'finished' || code === 'cancelled') {
        call.finish({ status: code, reason: '' });
      } else if (fatalForGood.has(code)) {
        call.fail(code, ref);
      }
      // others: the close code says what to do
    },
  };
}

const fatalForGood = new Set([
  'unauthorized',
  'link_unknown',
  'link_expired',
  'link_reissued',
  'revoked',
  'too_early',
  'consent_required',
  'forbidden',
  'room_full',
]);
