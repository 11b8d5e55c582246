// The app of list_tasks: each task with its button, and undo for what was done here.

import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../i18n/translation.ts";
import { type Answer, App } from "./app.ts";
import { strings } from "./strings.ts";
import type { Task, TaskList, Undone } from "./types.ts";

const CHANGE = "owflex/change";

class TasksApp extends App {
  private list: TaskList = { tasks: [], total: 0, today: "", next_cursor: null };
  // The task whose call is under way: its button cannot be pressed twice.
  private busy: number | undefined;
  private readonly told = new Map<number, string>();

  protected take(answer: unknown): void {
    this.list = answer as TaskList;
    if (!Array.isArray(this.list.tasks)) throw new TypeError(strings.unreadable);
  }

  protected view(): TemplateResult {
    const { tasks, total, next_cursor } = this.list;
    const canChange = this.host.callsTools;
    return html`<h1>${strings.tasks} ${
      tasks.length
        ? html`<span class="soft count">${fill(strings.taskCount, { shown: tasks.length, total })}</span>`
        : nothing
    }</h1>
      ${tasks.length ? nothing : html`<p class="instead">${strings.noTasks}</p>`}
      <ul class="cards">${tasks.map((task) => this.row(task, canChange))}</ul>
      ${
        next_cursor && canChange
          ? html`<button type="button" class="step" @click=${() => this.more()}>${strings.more}</button>`
          : nothing
      }
      ${canChange || !tasks.length ? nothing : html`<p class="soft">${strings.readOnly}</p>`}`;
  }

  private row(task: Task, canChange: boolean): TemplateResult {
    const isDone = task.status === "done";
    const label = fill(isDone ? strings.reopenTask : strings.completeTask, { title: task.title });
    return html`<li class="card task" ?data-done=${isDone}>
      <div><h2>${task.title}</h2>${this.facts(task)}${
        task.notes
          ? html`<details><summary>${strings.notes}</summary><p class="notes">${task.notes}</p></details>`
          : nothing
      }</div>
      ${
        canChange
          ? html`<button type="button" id="task-${task.task_id}" aria-label=${label}
            aria-disabled=${String(this.busy === task.task_id)} @click=${() => this.toggle(task)}>${
              isDone ? strings.reopen : strings.complete
            }</button>`
          : nothing
      }</li>`;
  }

  private facts(task: Task): TemplateResult | typeof nothing {
    const facts = [
      task.status === "done" ? strings.done : "",
      this.due(task),
      task.priority === "high" ? strings.high : task.priority === "low" ? strings.low : "",
      ...task.tags,
    ].filter(Boolean);
    return facts.length
      ? html`<ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}</ul>`
      : nothing;
  }

  private due({ due_on, status }: Task): string {
    if (!due_on) return "";
    const format = new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", timeZone: "UTC" });
    const day = format.format(new Date(`${due_on}T00:00:00Z`));
    if (status === "done" || due_on > this.list.today) return fill(strings.due, { day });
    return due_on === this.list.today ? strings.today : fill(strings.overdue, { day });
  }

  private async toggle(task: Task): Promise<void> {
    if (this.busy !== undefined) return;
    const completes = task.status === "open";
    const answer = await this.change(
      task.task_id,
      completes ? "complete_task" : "update_task",
      completes ? { task_id: task.task_id } : { task_id: task.task_id, status: "open" },
    );
    if (!answer) return;
    this.put([answer.data as Task]);
    const { title } = task;
    const change = (answer.meta[CHANGE] as { change_id?: number } | undefined)?.change_id;
    const undo = () => void this.undo(task.task_id, change);
    this.say({ text: fill(completes ? strings.completed : strings.reopened, { title }), undo });
    this.tell(task.task_id, completes ? "completed" : "reopened");
    document.getElementById(`task-${task.task_id}`)?.focus();
  }

  // Without a change to name, the last one of this task.
  private async undo(taskId: number, change: number | undefined): Promise<void> {
    const which = change === undefined ? { task_id: taskId } : { change_id: change };
    const answer = await this.change(taskId, "undo_task_change", which);
    if (!answer) return;
    const { tasks, removed } = answer.data as Undone;
    const gone = new Set(removed.map(({ task_id }) => task_id));
    this.list = { ...this.list, tasks: this.list.tasks.filter(({ task_id }) => !gone.has(task_id)) };
    this.put(tasks);
    this.say({ text: strings.undone });
    this.tell(taskId, "changed back");
    document.getElementById(`task-${taskId}`)?.focus();
  }

  private async change(
    taskId: number,
    tool: string,
    args: Record<string, unknown>,
  ): Promise<Answer | undefined> {
    this.busy = taskId;
    this.draw();
    const answer = await this.ask(tool, args);
    this.busy = undefined;
    this.draw();
    return answer;
  }

  private put(changed: Task[]): void {
    const byId = new Map(changed.map((task) => [task.task_id, task]));
    const tasks = this.list.tasks.map((task) => ({ ...task, ...byId.get(task.task_id) }));
    this.list = { ...this.list, tasks };
  }

  private async more(): Promise<void> {
    const answer = await this.ask("list_tasks", { ...this.args, cursor: this.list.next_cursor });
    if (!answer) return;
    const { tasks, next_cursor, total, today } = answer.data as TaskList;
    const first = tasks[0]?.task_id;
    this.list = { tasks: [...this.list.tasks, ...tasks], next_cursor, total, today };
    this.draw();
    document.getElementById(`task-${first}`)?.focus();
  }

  // Ids only: what a task says is data, which no model is to be told in the user's name.
  private tell(taskId: number, what: string): void {
    this.told.set(taskId, what);
    const done = [...this.told].map(([id, was]) => `task ${id} was ${was}`).join(", ");
    this.host.tellModel(`By buttons the user changed the task list: ${done}.`);
  }
}

const root = document.getElementById("app");
if (root) void new TasksApp(root).start();
