(mixin_statement name: (_) @name) @macro
(function_statement name: (_) @name) @function
(rule_set (selectors) @name) @rule
(keyframes_statement (keyframes_name) @name) @rule
((stylesheet (declaration (property_name) @name) @constant) (#match? @name "^[$]"))
(comment) @comment
