(mixin_statement name: (_) @name) @macro
(function_statement name: (_) @name) @function
(placeholder (identifier) @name) @class
(rule_set (selectors) @name) @rule
(keyframes_statement (keyframes_name) @name) @rule
(stylesheet (declaration (variable) @name) @constant)
(comment) @comment
