import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language } from '../text';
import style from './LanguageSwitch.module.css';

const languages: [Language, string][] = [
  ['ru', 'Русский'],
  ['en', 'English'],
];

/** LanguageSwitch lets a person read in another language; remembered on this device. */
export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <fieldset className={style.group}>
      <legend className="visually-hidden">{t('common.language')}</legend>
      {languages.map(([code, name]) => (
        <button
          key={code}
          type="button"
          lang={code}
          className={style.choice}
          aria-pressed={i18n.language === code}
          aria-label={name}
          onClick={() => chooseLanguage(code)}
        >
          {code.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
}
