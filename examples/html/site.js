// What a site does with the chat: open it, give it questions, and hear what happens in it.
const panel = document.querySelector("#panel");
const modal = document.querySelector("#modal");
const events = document.querySelector("#events");

panel.prompts = [{ label: "Holidays", prompt: "How many holidays do I have?" }];

for (const name of ["ready", "thread-change", "response-start", "response-end", "error"]) {
  panel.addEventListener(`owflex-${name}`, (event) => {
    events.append(`${name} ${JSON.stringify(event.detail)}\n`);
  });
}

document.querySelector("#ask").addEventListener("click", () => modal.open());
