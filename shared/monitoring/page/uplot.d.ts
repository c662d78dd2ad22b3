/** Served from the package. */
export { default } from 'uplot';
