/** The look of the page: the colours of the reader's system, columns that line up. */
export const pageStyle = `:root{color-scheme:light dark;--line:#8883;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:0 auto;padding:0 1rem 4rem}
header{position:sticky;top:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline;padding:.8rem 0;
background:Canvas;border-bottom:1px solid var(--line);z-index:1}
h1{font-size:1.3rem;margin:0}h2{font-size:1.15rem;margin:0}nav{display:flex;flex-wrap:wrap;gap:0 .8rem;flex:1}#state{margin:0;opacity:.7}
section{margin-top:1.5rem;padding:1rem 1.2rem;border:1px solid var(--line);border-radius:.6rem;scroll-margin-top:4rem}
section>p{margin:.2rem 0 .4rem;opacity:.75;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;padding:0;margin:1.2rem 0 0;list-style:none}
.tiles li{padding:.4rem .9rem;background:var(--soft);border-radius:.5rem}.tiles b{font-size:1.2rem}
summary{cursor:pointer;font-weight:600;margin-top:.7rem}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:38rem;margin-top:.2rem}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{font-weight:500;opacity:.7}td:first-child{white-space:nowrap;font-variant-numeric:tabular-nums;width:7.5rem}
[id$=Requests] td:nth-child(3),[id$=Webhooks] td:nth-child(3),[id$=Sent] td:nth-child(5){font-weight:600}
.good td:nth-child(3){color:light-dark(#17753f,#5fce8f)}.warn td:nth-child(3){color:light-dark(#9a5b00,#f0b050)}
.bad td:nth-child(3),.bad b{color:light-dark(#b3261e,#ff8a80)}[id$=Sent] td:nth-child(3),[id$=Sent] td:nth-child(2){color:inherit}`

/** Fetches the page again and puts the new tables in, without touching what the reader folded away. */
export const pageScript = `
const state = document.getElementById('state')
let shown = ''
async function refresh() {
  if (document.hidden) return
  try {
    const answer = await fetch(location.pathname)
    const text = await answer.text()
    state.textContent = 'as of ' + new Date().toLocaleTimeString()
    if (text === shown) return
    shown = text
    const next = new DOMParser().parseFromString(text, 'text/html').querySelector('main')
    for (const old of document.querySelectorAll('details:not([open])')) {
      const same = next.querySelector('[id="' + old.id + '"]')
      if (same) same.removeAttribute('open')
    }
    document.querySelector('main').replaceWith(next)
  } catch {
    state.textContent = 'the sandbox does not answer'
  }
}
setInterval(refresh, 2000)`
