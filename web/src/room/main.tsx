import { show } from '../ui/Provider';
import { App } from './App';

show(<App />);
