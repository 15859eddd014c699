import { offerLanguage } from '../text';
import { show } from '../ui/Provider';
import { App } from './App';
import { embedders, Parent } from './parent';

const parent = new Parent(embedders());
show(<App parent={parent} />);
const wanted = new URL(location.href).searchParams.get('lang');
if (wanted) offerLanguage(wanted);
