import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { unread } from '../engine/chat';
import { Banners } from './Banners';
import { ChatPanel } from './ChatPanel';
import { Controls, type Panel } from './Controls';
import { useCall, usePresent } from './call-context';
import { DevicesPanel } from './DevicesPanel';
import { EndDialog } from './EndDialog';
import { Live } from './Live';
import { PeoplePanel } from './PeoplePanel';
import style from './Room.module.css';
import { SidePanel } from './SidePanel';
import { Stage } from './Stage';
import { TopBar } from './TopBar';
import { Voices } from './Voices';

/** Room is the call: the stage, the controls below it, a panel beside it. */
export function Room() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { thread, self } = useCall();
  const [panel, setPanel] = useState<Panel | null>(null);
  const [ending, setEnding] = useState(false);
  const last = thread.messages.at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(0);

  useEffect(() => {
    if (panel === 'chat') setSeen(last);
  }, [panel, last]);

  const toggle = useCallback((wanted: Panel) => setPanel((shown) => (shown === wanted ? null : wanted)), []);
  const close = useCallback(() => setPanel(null), []);

  return (
    <div className={style.room} data-panel={panel !== null}>
      <Voices />
      <main className={style.main}>
        <h1 className="visually-hidden">{t('check.title')}</h1>
        <TopBar />
        <Banners onFix={() => setPanel('devices')} />
        <Stage />
        <Live chatOpen={panel === 'chat'} onOpen={() => setPanel('chat')} />
        <Controls
          panel={panel}
          unread={panel === 'chat' ? 0 : unread(thread.messages, seen, self)}
          onPanel={toggle}
          onEnd={() => (entered.seat.role === 'doctor' ? setEnding(true) : call.leave())}
        />
      </main>
      {panel === 'chat' && (
        <SidePanel title={t('chat.title')} onClose={close}>
          <ChatPanel autoFocus />
        </SidePanel>
      )}
      {panel === 'people' && (
        <SidePanel title={t('people.title')} onClose={close}>
          <PeoplePanel />
        </SidePanel>
      )}
      {panel === 'devices' && (
        <SidePanel title={t('controls.devices')} onClose={close}>
          <DevicesPanel />
        </SidePanel>
      )}
      <EndDialog opened={ending} onClose={() => setEnding(false)} />
    </div>
  );
}
