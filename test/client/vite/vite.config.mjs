export default {
  server: { host: '127.0.0.1', port: 0, hmr: false, proxy: { '/api': process.env.BACKEND } },
};
