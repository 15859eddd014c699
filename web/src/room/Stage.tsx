import { useTranslation } from 'react-i18next';
import { Alone } from './Alone';
import { useCall } from './call-context';
import { SelfView } from './SelfView';
import style from './Stage.module.css';
import { TileView } from './TileView';

/** Stage shows the others: one person fills it, several share it, a screen goes first; oneself in a corner. */
export function Stage() {
  const { t } = useTranslation();
  const { tiles } = useCall();
  const screen = tiles.find((tile) => tile.source === 'screen');
  const rest = screen ? tiles.filter((tile) => tile !== screen) : tiles;
  return (
    <section className={style.stage} aria-label={t('room.stage')}>
      {tiles.length === 0 && <Alone />}
      {screen && (
        <div className={style.spotlight}>
          <TileView key={screen.key} tile={screen} />
        </div>
      )}
      {rest.length > 0 && (
        <div className={style.grid} data-strip={screen !== undefined} data-count={Math.min(rest.length, 7)}>
          {rest.map((tile) => (
            <TileView key={tile.key} tile={tile} />
          ))}
        </div>
      )}
      <SelfView />
    </section>
  );
}
