import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Call } from '../engine/call';
import { Devices } from '../engine/devices';
import { forgetLink, linkOf, loadPass, savePass } from '../engine/passes';
import { type Entered, enter, RoomError, state } from '../engine/room-api';
import { language, offerLanguage } from '../text';
import { Page } from '../ui/Page';
import { CallProvider } from './call-context';
import { Loading } from './Loading';
import { Ended, Failure } from './notices';
import { follow, type Parent } from './parent';
import { Screens } from './Screens';

type Opened =
  | { is: 'opening' }
  | { is: 'refused'; error: RoomError; attempt: number; pass?: string }
  | { is: 'open'; entered: Entered; call: Call; pass: string };

/** Problems that pass by themselves: the page tries again. */
const passing = new Set(['offline', 'unavailable', 'internal']);

/** open exchanges the link, or takes up the seat that this tab had. */
async function open(): Promise<{ entered: Entered; pass: string; joined: boolean }> {
  const link = linkOf(new URL(location.href));
  if (!link) throw new RoomError('link_unknown');
  if ('token' in link) {
    const { pass, ...entered } = await enter(link, language());
    savePass(entered.session.id, { pass, joined: false });
    forgetLink(entered.session.id);
    return { entered, pass, joined: false };
  }
  const seat = loadPass(link.session);
  if (!seat) throw new RoomError('unauthorized');
  return { entered: await state(seat.pass, language()), ...seat };
}

/** App opens the link and then shows whatever the call is at. */
export function App({ parent }: { parent: Parent }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<Opened>({ is: 'opening' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let gone = false;
    let call: Call | undefined;
    let unfollow: (() => void) | undefined;
    open().then(
      ({ entered, pass, joined }) => {
        if (gone) return;
        offerLanguage(new URL(location.href).searchParams.get('lang') ?? entered.session.language);
        call = makeCall(entered, pass);
        unfollow = follow(parent, call);
        if (joined) call.comeBack();
        setOpened({ is: 'open', entered, call, pass });
      },
      (reason: unknown) => {
        if (gone) return;
        const error = reason instanceof RoomError ? reason : new RoomError('defect');
        tellRefusal(parent, error);
        setOpened({ is: 'refused', error, attempt, pass: passHere() });
      },
    );
    return () => {
      gone = true;
      unfollow?.();
      call?.close();
    };
  }, [attempt, parent]);

  if (opened.is === 'opening') {
    return (
      <Page title={t('check.title')}>
        <Loading />
      </Page>
    );
  }
  if (opened.is === 'refused') {
    const { error } = opened;
    if (error.code === 'finished' || error.code === 'cancelled') {
      return (
        <Ended
          status={error.session?.status.toLowerCase() ?? error.code}
          session={error.session}
          rateWith={error.session?.rating === 'open' ? opened.pass : undefined}
        />
      );
    }
    return (
      <Failure
        code={error.code}
        at={error.ref}
        retryIn={passing.has(error.code) ? Math.min(30, 3 + 3 * attempt) : undefined}
        retry={() => setAttempt(attempt + 1)}
      />
    );
  }
  return (
    <CallProvider value={opened}>
      <Screens />
    </CallProvider>
  );
}

/** passHere is what this tab holds for the consultation of its address. */
function passHere(): string | undefined {
  const link = linkOf(new URL(location.href));
  return link && !('token' in link) ? loadPass(link.session)?.pass : undefined;
}

/** tellRefusal tells the page around that nobody comes in here. */
function tellRefusal(parent: Parent, { code, session }: RoomError): void {
  if (session) parent.about(session.id);
  if (code === 'finished' || code === 'cancelled')
    parent.tell({ type: 'ended', status: session?.status ?? code.toUpperCase() });
  else parent.tell({ type: 'error', code });
}

function makeCall(entered: Entered, pass: string): Call {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const call = new Call({
    url: url.href,
    pass,
    entered,
    language,
    devices: new Devices(),
    onSeat: (joined) => savePass(entered.session.id, { pass, joined }),
  });
  return call;
}
