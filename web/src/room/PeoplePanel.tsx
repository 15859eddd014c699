import { Button } from '@mantine/core';
import { IconMicrophone, IconMicrophoneOff, IconUserPlus, IconVideo, IconVideoOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeOf } from '../ui/format';
import type { Person } from '../wire/protocol.gen';
import { useCall, usePresent } from './call-context';
import { InviteDialog } from './InviteDialog';
import { nameOf } from './names';
import style from './PeoplePanel.module.css';

/** PeoplePanel lists who is here and who waits; doctors admit and invite from it. */
export function PeoplePanel() {
  const { t, i18n } = useTranslation();
  const { call, entered } = usePresent();
  const { people, waiting } = useCall();
  const [inviting, setInviting] = useState(false);
  const doctor = entered.seat.role === 'doctor';
  return (
    <div className={style.panel}>
      {waiting.length > 0 && (
        <>
          <h3 className={style.heading}>{t('people.inWaiting')}</h3>
          <ul className={style.list}>
            {waiting.map((one) => (
              <li key={one.seat} className={style.person}>
                <div className={style.who}>
                  <strong>{nameOf(one, t)}</strong>
                  <span>
                    {t(`role.${one.role}`)}, {t('people.waitsSince', { time: timeOf(one.since, i18n.language) })}
                  </span>
                </div>
                <Button
                  onClick={() => call.admit(one.seat)}
                  data-testid="admit"
                  aria-label={t('people.admitName', { name: nameOf(one, t) })}
                >
                  {t('people.admit')}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3 className={style.heading}>{t('people.inRoom')}</h3>
      <ul className={style.list}>
        {people.map((person) => (
          <PersonRow key={person.seat} person={person} />
        ))}
      </ul>
      {doctor && (
        <Button
          size="md"
          variant="default"
          leftSection={<IconUserPlus size={22} />}
          onClick={() => setInviting(true)}
          data-testid="invite-open"
        >
          {t('people.invite')}
        </Button>
      )}
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
    </div>
  );
}

function PersonRow({ person }: { person: Person }) {
  const { t } = useTranslation();
  const { self, quality, speaking } = useCall();
  const name = nameOf(person, t);
  const connection = quality[person.seat];
  const notes = [
    t(`role.${person.role}`),
    !person.connected && t('people.restoring'),
    person.connected && connection && connection.level < 3 && t(`quality.${connection.level}`).toLowerCase(),
    person.connected && connection?.cause && t(`quality.cause.${connection.cause}`),
    speaking.includes(person.seat) && t('people.speaking'),
  ].filter(Boolean);
  return (
    <li className={style.person} data-testid="person" data-seat={person.seat}>
      <div className={style.who}>
        <strong>{person.seat === self ? t('room.meName', { name }) : name}</strong>
        <span>{notes.join(', ')}</span>
      </div>
      <span className={style.signs}>
        {person.media.mic ? (
          <IconMicrophone size={22} aria-hidden="true" />
        ) : (
          <IconMicrophoneOff size={22} role="img" aria-label={t('room.micOff')} className={style.off} />
        )}
        {person.media.camera ? (
          <IconVideo size={22} aria-hidden="true" />
        ) : (
          <IconVideoOff size={22} role="img" aria-label={t('room.cameraOff')} className={style.off} />
        )}
      </span>
    </li>
  );
}
