(function_definition name: (identifier) @name) @function
(module (expression_statement (assignment left: (identifier) @name right: (call function: (identifier) @_m))) @type (#set! words "rule provider repository_rule module_extension tag_class aspect macro subrule transition"))
(module (expression_statement (assignment left: (identifier) @name)) @constant)
(module (expression_statement (call arguments: (argument_list (keyword_argument name: (identifier) @_m value: (string (string_content) @name))))) @constant (#set! words "name"))
